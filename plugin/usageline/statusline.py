"""Run the status line. Python compiles this file at every start, so keep it short."""

try:
    import _frozen_importlib_external as loaders

    path = loaders.cache_from_source(__file__, optimization="bundle")
    if loaders._path_isfile(path):  # reading a FIFO would block
        exec(loaders.SourcelessFileLoader("", path).get_code(""))
except Exception:  # a damaged bundle only makes the line slower
    pass
exec(open(f"{__file__[:-13]}line/unbundled.py").read())
