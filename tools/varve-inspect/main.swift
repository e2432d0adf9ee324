// The command's first file; goes when there is another.
