/// A certificate for `localhost` that vouches for itself, and what goes wrong with one. Made for these tests alone.
enum Certificates {
    /// Valid until the end of 2126.
    static let valid = """
        -----BEGIN CERTIFICATE-----
        MIIBZzCCAQ2gAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
        c3QwIBcNMDAwMTAxMDAwMDAwWhgPMjEyNjEyMzEyMzU5NTlaMBQxEjAQBgNVBAMM
        CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAejpCVIvFD4RqxG
        dhp/I2Bjp4HwVg3Fp51XkDbx50SdYMeKT/L9Nnpt8S4xDdCpDoPmy/a1MiHMh9G5
        f6jfkGWjTjBMMBoGA1UdEQQTMBGCCWxvY2FsaG9zdIcEfwAAATAPBgNVHRMBAf8E
        BTADAQH/MB0GA1UdDgQWBBRavTqy/Y6tz8MJZALrz57OusS4LjAKBggqhkjOPQQD
        AgNIADBFAiEAtpUYlXAr43Y+6CYusE4gc/e+R5zUNvViGZgG9fK1lPoCIACW55lH
        IrOp4Xeku+8AoeG4eDDCJeYHVVOE/cBycIhs
        -----END CERTIFICATE-----
        """

    /// The key of both certificates.
    static let key = """
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIM4fcXs+TJhtoXXQwukKj/I3kOMpmBrrzmMggwoKrJJgoAoGCCqGSM49
        AwEHoUQDQgAEB6OkJUi8UPhGrEZ2Gn8jYGOngfBWDcWnnVeQNvHnRJ1gx4pP8v02
        em3xLjEN0KkOg+bL9rUyIcyH0bl/qN+QZQ==
        -----END EC PRIVATE KEY-----
        """

    /// Valid until the beginning of 2001.
    static let expired = """
        -----BEGIN CERTIFICATE-----
        MIIBZDCCAQugAwIBAgIBAjAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
        c3QwHhcNMDAwMTAxMDAwMDAwWhcNMDEwMTAxMDAwMDAwWjAUMRIwEAYDVQQDDAls
        b2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQHo6QlSLxQ+EasRnYa
        fyNgY6eB8FYNxaedV5A28edEnWDHik/y/TZ6bfEuMQ3QqQ6D5sv2tTIhzIfRuX+o
        35Blo04wTDAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwDwYDVR0TAQH/BAUw
        AwEB/zAdBgNVHQ4EFgQUWr06sv2Orc/DCWQC68+ezrrEuC4wCgYIKoZIzj0EAwID
        RwAwRAIgeyqqxE2hGSbNT6hI5Si6NRNchqhpBlAJYinHHyBo8bgCIEzcHB3KCN9W
        gqtqtgZrR9A/DTI5QXd4Pq/TQlEr6+QR
        -----END CERTIFICATE-----
        """

    static let otherKey = """
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIPTQB8d1fWslUknKuZ5HDL6uwYTPzQWkYEfwdAtu3CcboAoGCCqGSM49
        AwEHoUQDQgAEo5Hpjt/JfMxCShgu0J99oM36ZZWPrd2dQp1G1S+LIiOiVg6V67J+
        qTd0MO/ep2jfeQPjpnNu7g6l3j3XDkc9cg==
        -----END EC PRIVATE KEY-----
        """
}
