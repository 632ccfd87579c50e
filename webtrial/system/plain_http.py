"""HTTP client for single requests to our own services, which use no TLS."""

import ssl

import httpx


def plain_client(timeout_s: float) -> httpx.Client:
    """Return an httpx client without proxies and without certificates.

    Loading certificates took 25 to 50 ms per request, on the core where services are measured.
    """
    trusts_nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.Client(verify=trusts_nobody, trust_env=False, timeout=timeout_s)


def trusting_loopback(client: httpx.Client) -> httpx.Client:
    """Make `client` treat the loopback as secure, as browsers do, and return it.

    It then sends cookies marked Secure over plain HTTP.
    """

    def trust(_: httpx.Response) -> None:
        for cookie in client.cookies.jar:
            cookie.secure = False

    client.event_hooks["response"].append(trust)
    return client
