#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A value and the pthread mutex that guards it.
///
/// Not `Synchronization.Mutex`: on Linux that is a priority-inheritance futex, which hands over through the
/// kernel once there are more runnable threads than cores (8.9 us against 74 ns an empty section with 16
/// threads on 2 cores). Decide under the lock, act after it: no I/O and no callback inside `body`.
@safe @usableFromInline package struct Locked<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    // Unchecked: `value` is reached under `mutex` alone, and both live exactly as long as this value.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    @usableFromInline let value: UnsafeMutablePointer<Value>

    package init(_ initial: consuming sending Value) {
        unsafe mutex = .allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe pthread_mutex_init(mutex, nil)
        unsafe value = .allocate(capacity: 1)
        unsafe value.initialize(to: initial)
    }

    deinit {
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
        unsafe value.deinitialize(count: 1)
        unsafe value.deallocate()
    }

    @inlinable
    @inline(__always)
    package borrowing func withLock<Answer: ~Copyable, E: Error>(
        _ body: (inout sending Value) throws(E) -> sending Answer
    ) throws(E) -> sending Answer {
        lock()
        defer { unlock() }
        return try unsafe body(&value.pointee)
    }

    @usableFromInline
    borrowing func lock() { unsafe pthread_mutex_lock(mutex) }

    @usableFromInline
    borrowing func unlock() { unsafe pthread_mutex_unlock(mutex) }
}

/// A one-shot event that threads can wait for, and the pthread condition behind it.
@safe package final class Event: @unchecked Sendable {
    // Unchecked: `isSet` and `waiters` are reached under `mutex` alone.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var set = false
    private var callbacks: [@Sendable () -> Void] = []

    package init() {
        unsafe mutex = .allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe pthread_mutex_init(mutex, nil)
        unsafe condition = .allocate(capacity: 1)
        unsafe condition.initialize(to: pthread_cond_t())
        unsafe pthread_cond_init(condition, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe condition.deallocate()
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
    }

    package var isSet: Bool {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return set
    }

    /// Sets the event; the second time changes nothing. Callbacks run on this thread.
    package func signal() {
        unsafe pthread_mutex_lock(mutex)
        let due = set ? [] : callbacks
        set = true
        callbacks = []
        unsafe pthread_cond_broadcast(condition)
        unsafe pthread_mutex_unlock(mutex)
        for callback in due { callback() }
    }

    /// Runs `callback` once the event is set, at once if it is.
    package func whenSet(_ callback: @escaping @Sendable () -> Void) {
        unsafe pthread_mutex_lock(mutex)
        let now = set
        if !now { callbacks.append(callback) }
        unsafe pthread_mutex_unlock(mutex)
        if now { callback() }
    }

    /// Blocks this thread until the event is set. For threads of ours and of blocking callers only; the
    /// engine waits through its scheduler, which a simulation answers by running the next step.
    package func blockUntilSet() {
        unsafe pthread_mutex_lock(mutex)
        while !set { unsafe pthread_cond_wait(condition, mutex) }
        unsafe pthread_mutex_unlock(mutex)
    }
}
