"""An animated GIF, block by block: its frames are kept byte for byte, its words are not.

The format: https://www.w3.org/Graphics/GIF/spec-gif89a.txt
"""

IMAGE, EXTENSION, END = 0x2C, 0x21, 0x3B
CONTROL, APPLICATION = 0xF9, 0xFF
LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")  # how often it runs


def without_words(data: bytes) -> bytes:
    """Return the animation without comments, foreign data and what hangs behind it.

    Raises ``ValueError`` or ``IndexError`` where the blocks make no sense.
    """
    at = 13 + table_size(data[10])
    kept = [data[:at]]
    while True:
        begin, kind = at, data[at]
        if kind == END:
            return b"".join([*kept, bytes([END])])
        if kind == IMAGE:
            at = end_of_blocks(data, begin + 10 + table_size(data[begin + 9]) + 1)
        elif kind == EXTENSION:
            at = end_of_blocks(data, begin + 2)
        else:
            raise ValueError("neither a picture nor an extension")
        if kind == IMAGE or is_needed(data, begin):
            kept.append(data[begin:at])


def table_size(flags: int) -> int:
    """Return how many bytes a table of colours takes, if there is one."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def end_of_blocks(data: bytes, at: int) -> int:
    while data[at]:
        at += data[at] + 1
    return at + 1


def is_needed(data: bytes, begin: int) -> bool:
    """Tell whether an extension says how the frames move."""
    label = data[begin + 1]
    return label == CONTROL or (
        label == APPLICATION and data[begin + 3 : begin + 14] in LOOPS
    )
