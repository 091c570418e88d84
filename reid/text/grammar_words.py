"""PETA's attribute words and the ways people say them; the first plain, the rest as witnesses vary."""

COLOURS: dict[str, tuple[str, ...]] = {
    "Black": ("black",) * 6 + ("dark", "dark black"),
    "Blue": ("blue",) * 6 + ("light blue", "dark blue", "navy", "bright blue"),
    "Brown": ("brown",) * 6 + ("tan", "beige", "khaki", "light brown", "dark brown"),
    "Green": ("green",) * 6 + ("dark green", "light green", "olive"),
    "Grey": ("grey", "gray") * 3 + ("dark grey", "light gray"),
    "Orange": ("orange",) * 4 + ("bright orange",),
    "Pink": ("pink",) * 5 + ("light pink", "bright pink"),
    "Purple": ("purple",) * 5 + ("violet", "dark purple", "lavender"),
    "Red": ("red",) * 7 + ("maroon", "bright red", "dark red"),
    "White": ("white",) * 7 + ("off white", "light", "light colored"),
    "Yellow": ("yellow",) * 5 + ("bright yellow", "light yellow"),
}

SEXES: dict[str, tuple[str, ...]] = {
    "personalMale": ("man",) * 5 + ("guy", "male", "gentleman"),
    "personalFemale": ("woman",) * 5 + ("lady", "female", "girl"),
}

AGES: dict[str, tuple[str, ...]] = {
    "personalLess15": ("little", "very young"),
    "personalLess30": ("young", "younger"),
    "personalLess60": ("middle aged", "older"),
    "personalLarger60": ("old", "elderly", "older"),
}

HAIR_LENGTHS: dict[str, tuple[str, ...]] = {
    "hairShort": ("short",),
    "hairLong": ("long", "long", "shoulder length"),
    "hairBald": ("a bald head", "bald"),
}

HAIR_COLOURS: dict[str, tuple[str, ...]] = {
    "hairBlack": ("black", "black", "dark"),
    "hairBrown": ("brown", "brown", "light brown"),
    "hairGrey": ("grey", "gray"),
    "hairYellow": ("blonde", "blond", "light colored"),
    "hairWhite": ("white", "grey"),
    "hairRed": ("red", "ginger"),
}

# The entry named after the region itself holds the words for "some garment there".
UPPER: dict[str, tuple[str, ...]] = {
    "upperBody": ("top", "shirt", "upper body clothes", "top", "shirt"),
    "upperBodyJacket": ("jacket", "jacket", "coat"),
    "upperBodySuit": ("suit jacket", "suit", "blazer"),
    "upperBodySweater": ("sweater", "jumper", "sweatshirt", "hoodie"),
    "upperBodyTshirt": ("t-shirt", "tee shirt", "t shirt", "shirt"),
    "upperBodyShortSleeve": ("short sleeved shirt", "short sleeve top", "t-shirt"),
    "upperBodyNoSleeve": ("sleeveless top", "tank top", "sleeveless shirt"),
    "upperBodyFormal": ("dress shirt", "formal shirt", "formal jacket"),
    "upperBodyVNeck": ("v-neck", "v-neck shirt"),
    "upperBodyLongSleeve": ("long sleeved shirt", "long sleeve top"),
}

UPPER_PATTERNS: dict[str, tuple[str, ...]] = {
    "upperBodyPlaid": ("plaid", "checkered", "checked"),
    "upperBodyThinStripes": ("striped", "thin striped"),
    "upperBodyThickStripes": ("striped", "broad striped"),
    "upperBodyLogo": ("printed", "patterned", "logo"),
}

LOWER: dict[str, tuple[str, ...]] = {
    "lowerBody": ("pants", "bottoms", "lower body clothes", "trousers"),
    "lowerBodyTrousers": ("pants", "trousers", "slacks", "pants"),
    "lowerBodyJeans": ("jeans", "jeans", "denim pants", "pants"),
    "lowerBodyShorts": ("shorts",),
    "lowerBodyHotPants": ("very short shorts", "shorts"),
    "lowerBodyShortSkirt": ("short skirt", "skirt", "mini skirt"),
    "lowerBodyLongSkirt": ("long skirt", "skirt"),
    "lowerBodyCapri": ("capri pants", "cropped pants", "capris"),
    "lowerBodySuits": ("suit pants", "dress pants"),
    "lowerBodyFormal": ("dress pants", "formal trousers"),
}

LOWER_PATTERNS: dict[str, tuple[str, ...]] = {
    "lowerBodyPlaid": ("plaid", "checkered"),
    "lowerBodyThinStripes": ("striped",),
}

FOOTWEAR: dict[str, tuple[str, ...]] = {
    "footwear": ("shoes", "pair of shoes"),
    "footwearSneakers": ("sneakers", "tennis shoes", "trainers", "athletic shoes"),
    "footwearLeatherShoes": ("leather shoes", "dress shoes", "shoes"),
    "footwearShoes": ("shoes", "pair of shoes"),
    "footwearBoots": ("boots",),
    "footwearSandals": ("sandals", "flip flops"),
    "footwearStocking": ("stockings", "tights"),
}

BAGS: dict[str, tuple[str, ...]] = {
    "carryingBackpack": ("carrying a backpack", "a backpack", "a backpack on the back", "a rucksack"),
    "carryingMessengerBag": (
        "a shoulder bag",
        "a messenger bag",
        "a bag over the shoulder",
        "a satchel",
        "a handbag",
        "a purse",
    ),
    "carryingPlasticBags": ("carrying a plastic bag", "a shopping bag", "carrying shopping bags"),
    "carryingLuggageCase": ("pulling a suitcase", "luggage", "a rolling suitcase"),
    "carryingSuitcase": ("a briefcase", "carrying a suitcase"),
    "carryingFolder": ("holding papers", "carrying a folder", "holding a folder"),
    "carryingShoppingTro": ("pulling a shopping trolley",),
    "carryingBabyBuggy": ("pushing a stroller",),
    "carryingUmbrella": ("holding an umbrella",),
    "carryingOther": ("carrying something", "holding something in the hand", "carrying a bag in the hand"),
}

ACCESSORIES: dict[str, tuple[str, ...]] = {
    "accessoryHat": ("a hat", "a cap", "wearing a hat"),
    "accessorySunglasses": ("sunglasses", "dark glasses"),
    "accessoryMuffler": ("a scarf", "a scarf around the neck"),
    "accessoryHeadphone": ("headphones",),
    "accessoryHairBand": ("hair in a ponytail", "a ponytail", "hair tied back"),
    "accessoryKerchief": ("a headscarf",),
    "accessoryShawl": ("a shawl",),
}

ABSENT: dict[str, tuple[str, ...]] = {
    "carryingNothing": ("no bag", "without a bag", "no backpack", "not carrying anything"),
    "accessoryNothing": ("no hat", "without a hat", "no sunglasses", "no scarf"),
}
