extension Environment {
    /// The system's disk, time, chance and threads.
    ///
    /// - Parameters:
    ///   - root: The store's directory; links on the way to it are followed.
    ///   - create: Makes the directory if there is none.
    package static func system(root: String, create: Bool = true) throws(FileError) -> Environment {
        Environment(
            files: try POSIXFileSystem(root: root, create: create), clock: SystemClock(),
            random: SystemRandom(),
            scheduler: ThreadScheduler())
    }
}
