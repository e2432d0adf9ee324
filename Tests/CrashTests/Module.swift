// The first file of these tests; goes when there is another.
