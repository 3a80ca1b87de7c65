import cProfile,pstats
from adapterstilts.publishing.card import card
def test_p(grid,laid):
    p=cProfile.Profile(); p.enable()
    for i in list(grid.items.values())[:10]: card(i,repository='a/b',layout=laid(i))
    p.disable(); pstats.Stats(p).sort_stats('cumtime').print_stats(35)
