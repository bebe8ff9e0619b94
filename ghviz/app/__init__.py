"""The app: Streamlit pages that show run folders and control the trainers that write them."""
