"""Start of the app: `streamlit run app.py`."""
