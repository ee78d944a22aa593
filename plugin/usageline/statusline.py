"""Run the status line. Python compiles this file at every start, so keep it short."""

try:
    try:
        import _frozen_importlib_external as loaders

        path = loaders.cache_from_source(__file__, optimization="bundle")
        if loaders._path_isfile(path):  # type: ignore[attr-defined]  # reading a FIFO would block
            exec(loaders.SourcelessFileLoader("", path).get_code(""))  # type: ignore[arg-type]
    except Exception:  # a damaged bundle only makes the line slower
        pass
    exec(open(f"{__file__[:-13]}line/unbundled.py").read())
except Exception:  # a traceback or a non-zero exit would blank the line
    print("usageline: this installation is damaged; install it again")
