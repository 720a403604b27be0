"""How does one hand the answers on? As a folder of pages that needs no network, no server and no script (an extra)."""
