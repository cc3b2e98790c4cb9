"""An HTTP/1.1 client for load: as little work per request as correctness allows; gevent's loop, llhttp's parser."""
