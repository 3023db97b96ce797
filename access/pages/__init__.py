"""The pages of this app: forms, views and their addresses. A view fetches what is visible, calls one service, renders."""
