"""What plays Google's part on a laptop: accounts, Drive and Sheets, over their real protocols."""
