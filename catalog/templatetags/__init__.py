"""What the templates of every app use: data in the reader's language, figures in the reader's form, words for codes."""
