"""What people mean by the same word: spelling, plurals, synonyms and words that carry nothing.

The lists were written for this project after reading which words occur in descriptions of pedestrians.
"""

# Two-word and odd spellings, replaced in the lower-cased sentence before it is cut into words.
PHRASES: dict[str, str] = {
    r"\bw/o\b|\bwith out\b(?!\W*stretched)": "without",
    r"\bt[\s.-]*shirts?\b|\btee[\s-]*shirts?\b|\btees?\b": "tshirt",
    r"\bback[\s-]+packs?\b|\b(?:ruck|knap)[\s-]*sacks?\b|\b(?:book|school)[\s-]*bags?\b": "backpack",
    r"\bhand[\s-]+bags?\b|\bpocket[\s-]*books?\b|\bpurses?\b": "handbag",
    r"\bshades? of\b": "",
    r"\bsun[\s-]+glasses\b|\bdark glasses\b|\bshades\b": "sunglasses",
    r"\beye[\s-]*glasses\b|\bspectacles\b": "glasses",
    r"\b(?:tennis|running|athletic|sports?|gym) shoes?\b|\btrainers?\b": "sneakers",
    r"\bflip[\s-]*flops?\b|\bthongs\b": "sandals",
    r"\bpony[\s-]+tails?\b": "ponytail",
    r"\bsweat[\s-]+shirts?\b": "sweatshirt",
    r"\bsweat[\s-]+pants\b|\bjogging (?:pants|bottoms)\b|\btrack(?:suit)? (?:pants|bottoms)\b": "sweatpants",
    r"\bhooded (?:sweatshirts?|sweaters?|jumpers?|jackets?|tops?)\b|\bhood(?:y|ies)\b": "hoodie",
    r"\blap[\s-]+tops?\b": "laptop",
    r"\bcell[\s-]*phones?\b|\bmobile(?: phones?)?\b": "phone",
    r"\bblue[\s-]*jeans\b": "blue jeans",
    r"\bmulti[\s-]*colou?r(?:ed)?\b": "multicolored",
    r"\b(dark|light|bright)[\s-]*colou?red\b": r"\1",
    r"\b(dark|light|bright)(blue|gr[ae]y|green|brown|red|pink|purple)\b": r"\1 \2",
    r"\bknee[\s-]*length\b": "kneelength",
    r"\bshoulder[\s-]*length\b": "medium length",
    r"\bshort[\s-]*sleeves?d?\b": "shortsleeve",
    r"\blong[\s-]*sleeves?d?\b": "longsleeve",
    r"\bsleeve[\s-]*less\b|\b(?:no|without) sleeves\b|\btank[\s-]*tops?\b": "sleeveless",
    r"\bbare[\s-]+footed\b|\bno shoes\b": "barefoot",
    r"\bpolka[\s-]*dots?(?:ted)?\b": "dotted",
    r"\bhip[\s-]*length\b": "long",
    r"\bv[\s-]*necks?\b": "vneck",
    r"\bsuit[\s-]+cases?\b": "suitcase",
    r"\bover[\s-]+coats?\b": "coat",
    r"\bwhite and black\b": "black and white",
    r"\b(?:is|are|was|were|do|does|did|has|have|had|ca|wo)n'?t\b|\bcannot\b": "not",
    r"\bnot see (?=an?\b|any\b)": "not ",
    r"\b(no|without(?: an?| any)?|not any) (?:visible|obvious|apparent)\b": r"\1",
    r"\bnon[\s-]+(?=[a-z])": "non",  # "non-black" becomes one word, which nobody knows
}

# One spelling for one meaning; plurals not listed here lose their final s where the singular is known.
SYNONYMS: dict[str, str] = {
    word: target
    for target, words in {
        "gray": "grey greyish grayish charcoal",
        "man": "men male males guy guys gentleman gentlemen mans dude fellow bloke chap he him his",
        "woman": "women female females lady ladies gal womens she her hers girl girls girlfriend",
        "boy": "boys lad",
        "person": "individual individuals someone somebody pedestrian people subject adult persons they them their",
        "child": "children kid kids toddler",
        "pants": "trousers trouser pant slacks pantaloons bottoms pents",
        "jeans": "jean denim denims dungarees",
        "shorts": "bermudas bermuda boxers",
        "tights": "stockings stocking pantyhose tight hose nylons",
        "sneakers": "sneaker snekers plimsolls kicks converse",
        "shoes": "shoe footwear loafers loafer oxfords",
        "sandals": "sandal slippers slipper",
        "boots": "boot booties",
        "heels": "heel heeled heals pumps wedges wedge",
        "jacket": "jackets windbreaker anorak blouson",
        "coat": "coats overcoat parka trenchcoat raincoat trench",
        "hoodie": "hooded hood hoodies hoody",
        "sweater": "sweaters jumper pullover jersey knitwear",
        "shirt": "shirts",
        "tshirt": "tshirts teeshirt teeshirts",
        "blouse": "blouses",
        "top": "tops",
        "cardigan": "cardigans",
        "vest": "vests waistcoat gilet",
        "suit": "suits blazer blazers",
        "skirt": "skirts miniskirt",
        "dress": "dresses gown frock sundress",
        "handbag": "handbags purse purses clutch",
        "bag": "bags sack sacks",
        "satchel": "satchels messenger crossbody sling",
        "backpack": "backpacks backpak bagpack rucksack knapsack",
        "suitcase": "suitcases luggage trolley roller baggage rolling",
        "briefcase": "briefcases",
        "hat": "hats beanie",
        "cap": "caps baseball",
        "scarf": "scarves scarfs muffler shawl",
        "glasses": "eyeglasses eyeglass spectacles",
        "sunglasses": "sunglass",
        "headphones": "headphone earphones earbuds headset",
        "umbrella": "umbrellas",
        "stroller": "buggy pram pushchair strollers",
        "phone": "phones cellphone telephone smartphone",
        "paper": "papers newspaper documents document",
        "book": "books notebook",
        "folder": "folders file",
        "black": "blackish",
        "blonde": "blond",
        "tan": "tanned",
        "khaki": "khakis khakhi",
        "beige": "cream creamy ivory",
        "maroon": "burgundy wine",
        "red": "reddish crimson scarlet",
        "blue": "bluish blueish",
        "brown": "brownish brunette",
        "green": "greenish",
        "pink": "pinkish rose fuchsia",
        "magenta": "",
        "purple": "purplish violet",
        "yellow": "yellowish",
        "white": "whitish",
        "turquoise": "aqua cyan",
        "striped": "stripes stripe stripped stripey stripy striping pinstriped pinstripe",
        "plaid": "checkered checked checker check checks tartan flannel chequered checkerboard",
        "floral": "flowered flowers flower flowery",
        "patterned": "pattern patterns printed print prints design designs",
        "logo": "writing emblem lettering graphic graphics letters logos",
        "dark": "darker darkish deep",
        "light": "lighter pale lightly faded",
        "bright": "vivid neon brightly",
        "short": "shorter",
        "long": "longer lengthy",
        "ponytail": "ponytails",
        "bald": "balding shaved",
        "hair": "haired hairs hairstyle",
        "sleeves": "sleeve sleeved",
        "collar": "collared collars",
        "straps": "strap",
        "socks": "sock",
        "formal": "dressy business",
        "old": "older elderly aged",
        "young": "younger teenage teen teenager youth",
        "walking": "walks walk strolling striding walked",
        "standing": "stands stand stood",
        "holding": "holds hold held",
        "wearing": "wears wear wore waring worn wearing dressed clad sporting sports sport",
        "carrying": "carries carry carring carried",
        "pulling": "pulls pulled",
        "talking": "talks",
        "facing": "faces",
        "color": "colour colors colours coloured colored colourful colorful",
        "backside": "behind rear",
        "hand": "hands",
        "arm": "arms",
        "leg": "legs",
        "shoulder": "shoulders",
        "overweight": "fat heavyset heavy stout chubby plump obese",
        "slim": "thin slender skinny lean",
        "leather": "leathery",
        "trim": "trimmed",
        "item": "items",
        "object": "objects something thing things",
        "not": "without no nor never none lacks lacking minus neither",
        "and": "plus also",
    }.items()
    for word in words.split()
}

# Words that say nothing about how a person looks.
FILLER = frozenset(
    (
        "a an the is are was were be been being of to it its that this there these those which who whom as at "
        "s t has have had having with in on wearing appears appear seems seem looks look like some what also "
        "very quite his her picture image photo photograph seen visible shown he's she's so then just i we "
        "you can could may might while or but by for from other another pair pairs type kind sort style piece "
        "one two person's set off somewhat slightly rather along into onto toward towards through around out"
    ).split()
)

# Ordinary words one slip from a word that the network knows, as "fire" from "file" and "cheap" from "chap": whoever
# writes them means them. Left out are those that are likelier a slip ("a red cost"), and "fine", for the shipped
# weights have learned "fine stripes" as it is corrected; it belongs here with the next ones.
ORDINARY = frozenset(
    (
        "bank beat bill blood bread broke burn buys cafe cake cash chase cheap cheat class clocks coin cook cool "
        "costs cries dance died dies drunk ever fact facts fail fake fame fate father feed feel fell fighting fill "
        "film fire firm fish five flood flour follow fork fort frost fuel hear heard hears hide hill hope hopes "
        "host keep kick kill knew know lake last later learn leave less lift likes live lived lives lose month "
        "niece nine noon paid pays plane post raise ride rise roam robber rush said send sheep ship ships shop "
        "shout sick sing slow smash snow sold start starts stay stays stealing stolen storm story talk team think "
        "thinks threw throw throws till told took town trap trick truck wants warm whole wife wild will wise wish "
        "worked world year"
    ).split()
)

# Canonical words that say how a thing looks; in "no long red skirt" they are denied with the thing.
MODIFIERS = frozenset(
    (
        "black blue brown gray green khaki tan beige maroon orange pink purple red white yellow navy teal "
        "turquoise magenta gold golden silver blonde multicolored dark light bright long short big large "
        "small little tall striped plaid floral patterned dotted plain solid denim leather other"
    ).split()
)

# Words for what a stranger may be taken for, not for what the stranger wears. The crops' labels say nothing of them, so
# a match on one would be worthless and unfair; they are never learned and never looked for.
UNFAIR = frozenset(
    (
        "asian african american caucasian european hispanic latino latina arab arabic chinese chineese japanese korean "
        "indian mexican muslim jewish christian negro oriental foreign foreigner immigrant gypsy ethnic ethnicity race "
        "racial descent nationality complexion"
    ).split()
)

# Right before a word for a person, these colours mean descent, and are never looked for either: what somebody wears is
# said otherwise ("a man in black").
DESCENT_COLOURS = frozenset(("black", "white", "brown"))
PEOPLE = frozenset(
    (
        "man men male males guy guys gentleman gentlemen dude fellow bloke chap woman women female females lady ladies "
        "girl girls boy boys lad person persons people individual individuals pedestrian adult child children kid kids"
    ).split()
)

# Nor is anybody looked for by skin: these words beside one for skin ("dark-skinned", "her skin is fair") go with it.
# Alone they are about clothes, and so is skin beside what it says of clothes ("skin-tight").
SHADES = frozenset(
    "black white brown yellow reddish dark darker light lighter fair pale olive medium deep tan tanned".split()
)
SKIN = frozenset("skin skins skinned complexion complexioned".split())
SKIN_OF_CLOTHES = frozenset("tight tights fit fitting coloured colored colour color".split())

# Things whose absence can be said ("no hat"); the words on the left are canonical.
DENIABLE: dict[str, str] = {
    "hat": "hat",
    "cap": "hat",
    "helmet": "hat",
    "glasses": "glasses",
    "sunglasses": "glasses",
    "bag": "bag",
    "handbag": "bag",
    "satchel": "bag",
    "tote": "bag",
    "backpack": "backpack",
    "suitcase": "suitcase",
    "scarf": "scarf",
    "jacket": "jacket",
    "coat": "jacket",
    "anything": "bag",
    "socks": "socks",
    "collar": "collar",
    "umbrella": "umbrella",
    "headphones": "headphones",
}

DENIALS = tuple(sorted({f"no_{thing}" for thing in DENIABLE.values()}))
