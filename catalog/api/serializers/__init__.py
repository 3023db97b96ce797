"""What the catalogue's API takes and gives. Serializers check and show; they never write."""
