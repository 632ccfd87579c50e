"""The words of names and reviews.

No word of a product's name is a part of another one: a search for `lamp` finds only lamps. `table`
would find everything portable, and `clamp` would be found as a lamp.
"""

NOUNS = {
    "Lighting": "lamp chandelier lantern sconce candlestick spotlight nightlight torch",
    "Furniture": "chair sofa wardrobe bookcase stool dresser ottoman sideboard",
    "Kitchen": "kettle saucepan toaster whisk ladle grater colander casserole",
    "Clothing": "jacket sweater scarf cardigan trousers mitten waistcoat poncho",
    "Bedding": "blanket pillow duvet mattress quilt bedspread bolster hammock",
    "Luggage": "backpack suitcase wallet satchel briefcase purse rucksack holdall",
    "Tableware": "plate teacup spoon tumbler goblet platter saucer decanter",
    "Tools": "hammer screwdriver wrench chisel pliers spanner handsaw mallet",
    "Footwear": "boot sandal slipper loafer moccasin clog espadrille galosh",
    "Storage": "basket cabinet drawer crate hamper trunk canister casket",
    "Office": "notebook pencil stapler calculator bookend paperweight blotter inkwell",
    "Bathroom": "towel mirror sponge basin bathmat toothbrush soapdish loofah",
    "Garden": "planter trowel sprinkler rake wheelbarrow trellis secateurs birdbath",
    "Decoration": "clock vase curtain doormat wreath figurine tapestry globe",
    "Jewellery": "necklace bracelet earring pendant brooch locket cufflink tiara",
    "Toys": "puzzle kite puppet rattle jigsaw dollhouse skittles marionette",
    "Sport": "helmet racket dumbbell goggles paddle skateboard snorkel javelin",
    "Camping": "tent compass canteen binoculars bedroll hatchet tarpaulin windbreak",
    "Music": "guitar violin ukulele trumpet harmonica tambourine metronome xylophone",
    "Pets": "leash feeder kennel aquarium harness birdcage scratcher terrarium",
}

MATERIALS = (
    "leather cotton steel ceramic bamboo walnut linen copper marble brass aluminium velvet rattan"
    " wicker porcelain cedar birch bronze canvas cork granite pewter silk slate felt"
).split()

ADJECTIVES = (
    "folding sturdy elegant compact rustic modern polished handmade vintage padded woven slender"
    " ornate striped curved painted minimal portable antique waterproof reversible adjustable"
    " oversized miniature weathered carved embossed lacquered glazed tinted engraved nautical"
).split()

# Special characters of LIKE patterns, and texts that an unescaped pattern would find by mistake.
SUFFIXES = (", 100% recycled", ", 100 years warranty", ", model T_40", ", model T-40", ", S\\M")

FIRST_NAMES = (
    "ada amir ana bao carla chen dario elena emil fatima greta hana hugo ines ivan jonas kofi lena"
    " luca maya milan nadia nils noor olga omar paula quentin rosa sami tara timo uma vera wanda"
    " yara yusuf zoe"
).split()

LAST_NAMES = (
    "adeyemi almeida bauer becker costa dubois eriksen fischer garcia haddad ibrahim ivanov jansen"
    " kaya kim kowalski larsen lopez martin mbeki moreau nakamura nguyen novak okafor patel perez"
    " popescu rossi santos schmidt silva singh tanaka tran vargas weber yilmaz"
).split()

STATUSES = {"delivered": 0.70, "shipped": 0.12, "paid": 0.08, "cancelled": 0.06, "returned": 0.04}

# By rating, worst first.
OPENINGS = (
    ("It broke within a week.", "Nothing like the picture.", "I sent it back.", "Money wasted."),
    ("Not what I hoped for.", "It feels cheaper than it looks.", "I expected more."),
    ("It does what it should.", "Decent for the price.", "Neither good nor bad."),
    ("I like it a lot.", "Well made and well packed.", "A good buy.", "Better than the last one."),
    ("I would buy it again at once.", "Simply perfect.", "The best one I have owned."),
)

MIDDLES = (
    "The colour is a little darker than on the screen.",
    "It arrived two days earlier than announced.",
    "The instructions could be clearer, but we managed.",
    "My neighbour asked where it came from.",
    "It has been in daily use since the spring.",
    "The finish is even and there are no sharp edges.",
    "It is heavier than I thought.",
    "We use it mostly at weekends.",
    "The box was larger than it needed to be.",
    "It was a present for my parents.",
    "The size fits exactly where I wanted it.",
    "Cleaning takes a minute and a damp cloth.",
)

ENDINGS = (
    "Delivery was quick.",
    "Delivery took its time.",
    "Customer service answered the same day.",
    "I will see how long it lasts.",
    "The price went down a week later.",
    "My second order here.",
    "No complaints about the packaging.",
    "I have told my friends.",
)
