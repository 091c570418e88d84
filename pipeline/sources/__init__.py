"""What frames come from: files, folders of images, cameras."""
