#if canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A value behind a mutex, and a condition for threads that wait until the value is as they need it, or until
/// a time of the monotonic clock.
@safe final class Monitor<Value: Sendable>: @unchecked Sendable {
    // Unchecked: `value` is reached under `mutex` alone, and both C objects live exactly as long as this one.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var value: Value

    init(_ value: Value) {
        self.value = value
        unsafe mutex = .allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe pthread_mutex_init(mutex, nil)
        unsafe condition = .allocate(capacity: 1)
        unsafe condition.initialize(to: pthread_cond_t())
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe condition.deallocate()
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
    }

    /// Changes the value without waking anybody.
    func update<Answer>(_ change: (inout Value) -> Answer) -> Answer {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return change(&value)
    }

    /// Changes the value and wakes those who wait, if `change` says that it matters to them.
    func change(_ change: (inout Value) -> Bool) {
        unsafe pthread_mutex_lock(mutex)
        if change(&value) { unsafe pthread_cond_broadcast(condition) }
        unsafe pthread_mutex_unlock(mutex)
    }

    /// Sleeps until the value is as `isReady` says or the time has come, then changes it.
    ///
    /// - Parameter deadline: Nanoseconds of the monotonic clock; `.max` for never.
    func wait<Answer>(
        until deadline: UInt64, or isReady: (Value) -> Bool, then change: (inout Value) -> Answer
    ) -> Answer {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while !isReady(value) {
            if deadline == .max {
                unsafe pthread_cond_wait(condition, mutex)
                continue
            }
            var time = timespec()
            time.tv_sec = Int(clamping: deadline / 1_000_000_000)
            time.tv_nsec = Int(deadline % 1_000_000_000)
            if unsafe pthread_cond_timedwait(condition, mutex, &time) == ETIMEDOUT { break }
        }
        return change(&value)
    }
}
