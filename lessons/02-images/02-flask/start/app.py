# Your web app goes here.
