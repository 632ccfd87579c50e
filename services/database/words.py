"""Real words for products and reviews, the frequent ones first.

No noun or adjective is part of another word here, so that a search finds what it says.
"""

ADJECTIVES = (
    "Classic Compact Sturdy Elegant Modern Rustic Portable Folding Quiet Bright Heavy Slim Round "
    "Square Vintage Simple Robust Smooth Narrow Foldable Cosy Curved Polished Handmade Reclaimed"
).split()

MATERIALS = (
    "Oak Steel Cotton Leather Bamboo Glass Ceramic Walnut Linen Brass Copper Marble Velvet Rattan "
    "Cork Granite Pine Wool Silk Jute Slate Birch Pewter Teak Onyx"
).split()

# How many of 10,000 products are called so: a few very often, most seldom, some hardly ever.
COMMON = {"Lamp": 1600, "Chair": 1300, "Table": 1100, "Basket": 900, "Mirror": 700, "Kettle": 600}
MIDDLING = {
    "Bookshelf": 140,
    "Teapot": 130,
    "Candle": 120,
    "Blanket": 110,
    "Stool": 100,
    "Pillow": 95,
    "Vase": 90,
    "Drawer": 85,
}
RARE = (
    "Abacus",
    "Sextant",
    "Gramophone",
    "Zither",
    "Hourglass",
    "Telescope",
    "Typewriter",
    "Bugle",
)
RARE_PRODUCTS_EACH = 8

ORDINARY = (
    "Mug Plate Bowl Jug Tray Clock Rug Curtain Bench Desk Sofa Wardrobe Cabinet Hook Ladder "
    "Bucket Broom Towel Cushion Frame Spoon Fork Knife Ladle Whisk Grater Funnel Sieve Apron "
    "Trivet Coaster Napkin Decanter Goblet Tumbler Saucer Pitcher Thermos Lantern Torch Planter "
    "Trowel Rake Spade Hammock Parasol Doormat Umbrella Hamper Crate Trunk Easel Globe Compass "
    "Notebook Pencil Inkwell Bookend Paperweight Magnet Whistle Kite Puzzle Marionette"
).split()

CATEGORIES = (
    "Lighting Seating Tables Storage Kitchen Tableware Textiles Bedding Decoration Garden "
    "Bathroom Office Outdoor Tools Hallway Nursery Music Travel Workshop Curiosities"
).split()

FIRST_NAMES = (
    "ada alan barbara brian claude donald edsger evelyn frances grace guido hedy ivan jean john "
    "karen katherine ken leslie linus margaret mary niklaus radia rob sophie tim vint yukihiro"
).split()

VERDICTS = (
    "Exactly what I was looking for",
    "Does what it should",
    "Arrived quickly and well packed",
    "Smaller than it looks in the picture",
    "A pleasure to use every day",
    "The colour is a little darker than shown",
    "My third one, and still happy",
    "Good value for the price",
    "The finish could be better",
    "Would buy it again",
)

REASONS = (
    "it stands firmly and looks good",
    "the material feels honest",
    "it was easy to put together",
    "our guests asked where we got it",
    "it survived two moves already",
    "the handle came loose after a week",
    "it fits the corner perfectly",
    "the children like it too",
    "I expected it to be heavier",
    "it does not make a sound",
)
