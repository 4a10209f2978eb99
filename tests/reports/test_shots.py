from reports.tables import build_tables
from reports.page import to_html
from reports.markdown import to_markdown
from suite.data.known import DATASETS
from pathlib import Path
def test_shot(sweep, scored, descriptions, chromium):
    from playwright.sync_api import sync_playwright
    more=[scored(0.9+i/100, model=m, seed=s, protocol="full", preset="standard",dataset="fashion") for i,m in enumerate(["svm","knn","cmasch"]) for s in range(1)]
    tables=build_tables(sweep+more, descriptions, tuple(DATASETS), preset="quick")
    titles={n:d.title for n,d in DATASETS.items()}
    out=Path("/tmp/shots"); out.mkdir(exist_ok=True)
    (out/"index.html").write_text(to_html(tables, (), titles, "0.1.0"))
    (out/"leaderboard.md").write_text(to_markdown(tables, (), titles))
    with sync_playwright() as p:
        b=p.chromium.launch(executable_path=chromium,args=["--no-sandbox","--disable-dev-shm-usage","--disable-gpu"])
        for name,w,h,scheme in () and (("d1400",1400,1000,"light"),("d400",400,800,"light"),("dark1400",1400,1000,"dark"),("dark400",400,800,"dark")):
            pg=b.new_page(viewport={"width":w,"height":h},color_scheme=scheme)
            pg.goto((out/"index.html").as_uri())
            pg.screenshot(path=str(out/f"{name}.png"),full_page=True)
        pg=b.new_page(viewport={"width":1400,"height":1100}); pg.goto((out/"index.html").as_uri()); pg.screenshot(path=str(out/"c1.png"))
        pg=b.new_page(viewport={"width":400,"height":1000},color_scheme="dark"); pg.goto((out/"index.html").as_uri()); pg.screenshot(path=str(out/"c2.png"))
        pg=b.new_page(viewport={"width":1400,"height":1000},color_scheme="dark"); pg.goto((out/"index.html").as_uri()+"#holdout-quick-failed"); pg.screenshot(path=str(out/"c3.png"))
        b.close()
