"""Speaking to sources: requests, envelopes, paging, version discovery, completeness.

Belongs here: everything between a source's address and the untouched bytes of its pages, with
the proof that they are all of them. Does not belong here: where bytes are kept (`landing.py`)
and what a record means (`dialects/`, `flatten/`).

    addresses    whose address is it: origins, redaction       (pure)
    credentials  how the token is sent, and what it looks like (pure)
    envelope     a body split into raw records                 (pure)
    pagination   where the next page is, and was that all      (pure)
    document     a stored document read back, in bounded memory
    client       one request: time-outs, retries, redirects, guards
    exchange     one request answered by an envelope; which token habit is accepted
    versions     OCPI version discovery
    windows      from when to when a module of events is asked for   (pure)
    registration what a peer is told of us, and the token it gives
    pull         one module, page by page, and its outcome
"""
