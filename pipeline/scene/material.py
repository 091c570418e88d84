"""What the lofts of a walker are made of."""

from enum import IntEnum


class Material(IntEnum):
    """Names what a surface is, so that it gets the right colour and shine."""

    SKIN = 0
    FACE = 1
    HAIR = 2
    TOP = 3  # the part of the upper garment around the trunk
    SLEEVE = 4
    COLLAR = 5
    HIPS = 6  # trousers around the pelvis, and skirts
    LEG = 7
    SHOE = 8
    BAG = 9
    STRAP = 10
    HAT = 11
    METAL = 12
