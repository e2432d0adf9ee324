// The module's first file; goes when the module has another.
