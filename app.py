"""Start of the app: `streamlit run app.py`."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ghviz.app.chosen import left_open
from ghviz.app.theme import watch_width, write_style

PAGES = (
    ("compare", "Compare", ":material/compare:"),
    ("measure", "Measure", ":material/straighten:"),
    ("train", "Train", ":material/play_circle:"),
    ("sweep", "Sweep", ":material/ssid_chart:"),
    ("runs", "Runs", ":material/folder_open:"),
)
OF_A_PAIR = ("Compare", "Measure")

st.set_page_config(
    page_title="ghviz",
    page_icon=str(Path(__file__).parent / "ghviz" / "app" / "icon.svg"),
    layout="wide",
    menu_items={"About": "See what long-tailed data do to a representation, and what GH does about it."},
)
write_style()
watch_width()
pages = [
    st.Page(f"ghviz/app/pages/{name}.py", title=title, icon=icon, default=name == "compare")
    for name, title, icon in PAGES
]
page = st.navigation(pages, position="hidden")
with st.container(horizontal=True, gap="small", key="nav"):  # Streamlit's own hides behind an arrow on phones
    for each in pages:
        pair = left_open() if each.title in OF_A_PAIR else None
        st.page_link(each, query_params={"pair": pair} if pair else None)
page.run()
