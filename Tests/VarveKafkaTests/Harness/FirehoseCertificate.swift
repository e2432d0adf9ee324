#if Kafka
/// What `Firehose` shows as a server of TLS: of 127.0.0.1, vouched for by itself.
enum FirehoseCertificate {
    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBZTCCAQygAwIBAgIBATAKBggqhkjOPQQDAjAVMRMwEQYDVQQDDAp2YXJ2ZS10
        ZXN0MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAVMRMwEQYDVQQD
        DAp2YXJ2ZS10ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEUfI281uR0Ntj
        n0EdxL4RY6coeqvC+Ia/hWCPgZTrbDSlZBGiM5nCeEe/ALPwkrgTxFXDnvnIxKBy
        6ZJ5ABMGwqNLMEkwDAYDVR0TBAUwAwEB/zAaBgNVHREEEzARhwR/AAABgglsb2Nh
        bGhvc3QwHQYDVR0OBBYEFEXBjBvuj45K4adTJ3A2QNz/D6cwMAoGCCqGSM49BAMC
        A0cAMEQCIB56VrBL3QOMTHsc+OAOKRmzyxTXPA/bsj2oTdbWGsctAiB4oPpnjpkK
        PBgfls0arjvY91vb8KAiinwueIkiAcr1lg==
        -----END CERTIFICATE-----
        """
    private static let key = """
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEICyRGSTuV3zGQ5cnHIJR/g/PYRUwHmiucmURaabhvF+6oAoGCCqGSM49
        AwEHoUQDQgAEUfI281uR0Ntjn0EdxL4RY6coeqvC+Ia/hWCPgZTrbDSlZBGiM5nC
        eEe/ALPwkrgTxFXDnvnIxKBy6ZJ5ABMGwg==
        -----END EC PRIVATE KEY-----
        """

    static let pem = certificate + "\n" + key
}
#endif
