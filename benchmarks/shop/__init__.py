"""How fast the shop takes orders: python -m benchmarks.shop.

Both measures place every order for one hot product, whose row is locked until a commit is on the
disk, and check afterwards that the stock is exact. ``alone`` is the same code with a transaction
for each order, ``together`` that of the product; runs alternate.
"""
