"""Exit 0 when the web process of this container answers /readyz."""

import http.client
import os
import sys
from urllib.parse import urlsplit

connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=5)
connection.request(
    "GET", "/readyz", headers={"Host": urlsplit(os.environ["PUBLIC_URL"]).netloc}
)
sys.exit(connection.getresponse().status != 200)
