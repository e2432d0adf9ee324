/// How the page looks, in light and in dark.
enum PageStyle {
    static let text = """
        :root {
          --paper: #faf8f4; --card: #ffffff; --ink: #24211f; --quiet: #766e67; --line: #e6e0d7;
          --sand: #c8a26a; --umber: #8a5a3c; --slate: #433a3f; --hover: #f5f1ea;
          --good: #2f7a4d; --good-soft: #e3f1e7; --wait: #96650b; --wait-soft: #fbf0d8;
          --bad: #b3362b; --bad-soft: #fbe7e4; --still: #55606e; --still-soft: #e9ecf0;
          --mono: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, monospace;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --paper: #181614; --card: #211e1b; --ink: #ece7e0; --quiet: #a1978d; --line: #37322d;
            --sand: #d5b27e; --umber: #a9744f; --slate: #6d6067; --hover: #292521;
            --good: #7fcf9c; --good-soft: #1f3327; --wait: #e6b964; --wait-soft: #382d17;
            --bad: #f0948a; --bad-soft: #3d2320; --still: #b3bdca; --still-soft: #2b3037;
          }
        }
        * { box-sizing: border-box; }
        [hidden] { display: none !important; }
        body {
          margin: 0; background: var(--paper); color: var(--ink);
          font: 13px/1.45 system-ui, -apple-system, "Segoe UI", "Liberation Sans", "DejaVu Sans", sans-serif;
        }
        header {
          display: flex; align-items: center; gap: 10px; padding: 14px 24px 12px;
          border-bottom: 1px solid var(--line); background: var(--card);
        }
        h1 { font-size: 17px; font-weight: 650; letter-spacing: .01em; margin: 0; }
        header p { margin: 0; }
        #node { padding-left: 4px; }
        #clock { margin-left: auto; font-variant-numeric: tabular-nums; }
        .mark { width: 24px; height: 24px; }
        .mark .a { fill: var(--sand); } .mark .b { fill: var(--umber); } .mark .c { fill: var(--slate); }
        main { max-width: 1280px; margin: 0 auto; padding: 18px 24px 48px; }
        .quiet { color: var(--quiet); }
        h2 { font-size: 13px; font-weight: 650; margin: 26px 0 8px; }
        #sums { display: flex; flex-wrap: wrap; gap: 8px 40px; margin: 0; }
        #sums div { display: flex; flex-direction: column-reverse; }
        #sums dt { color: var(--quiet); font-size: 12px; }
        #sums dd { margin: 0; font-size: 21px; font-weight: 600; letter-spacing: -.01em; font-variant-numeric: tabular-nums; }

        .card, .scroll { background: var(--card); border: 1px solid var(--line); border-radius: 8px; overflow-x: auto; }
        .card + .card { margin-top: 12px; }
        .card .scroll { border: 0; border-radius: 0; }
        .bar { display: flex; align-items: center; flex-wrap: wrap; gap: 6px 20px; padding: 9px 12px; }
        .bar h3 { font-size: 14px; font-weight: 650; margin: 0; overflow-wrap: anywhere; min-width: 110px; }
        .bar .fact b { font-weight: 600; font-variant-numeric: tabular-nums; }
        .bar .fact { color: var(--quiet); white-space: nowrap; } .bar .fact b { color: var(--ink); }
        .bar svg { width: 132px; height: 26px; }
        .bar svg path { fill: none; stroke: var(--umber); stroke-width: 1.4; stroke-linejoin: round; }
        .bar svg .under { fill: var(--sand); opacity: .25; stroke: none; }
        .bar button { margin-left: auto; }

        table { width: 100%; border-collapse: collapse; }
        th, td { text-align: left; padding: 5px 12px; white-space: nowrap; }
        th { color: var(--quiet); font-weight: 500; font-size: 12px; border-bottom: 1px solid var(--line); }
        td { border-top: 1px solid var(--line); font-variant-numeric: tabular-nums; }
        tbody:first-of-type tr:first-child td { border-top: 0; }
        tbody tr:hover td { background: var(--hover); }
        .n { text-align: right; }
        .m { font-family: var(--mono); font-size: 12px; }
        td.wide { white-space: normal; overflow-wrap: anywhere; min-width: 150px; max-width: 420px; }
        tr.failure td { border-top: 0; padding-top: 0; color: var(--bad); white-space: normal; overflow-wrap: anywhere; }
        .parts { table-layout: fixed; min-width: 1080px; }
        .parts th, .parts td { padding-left: 8px; padding-right: 8px; }
        .parts th:first-child, .parts td:first-child { padding-left: 12px; }
        .parts th:last-child, .parts td:last-child { padding-right: 12px; }
        .parts th { width: 8%; } .parts th:first-child { width: 5%; } .parts th:nth-child(2) { width: 6.5%; }
        .parts th:nth-child(3) { width: 9%; } .parts th:nth-child(4) { width: 12%; }
        .parts th:nth-child(5) { width: 18%; } .parts th:nth-child(9) { width: 9%; }
        .parts th:nth-child(n + 10) { width: 6.8%; }
        .parts td { overflow: hidden; text-overflow: ellipsis; }
        tr.failure td:first-child { padding-left: 12px; }
        .chip { display: inline-block; padding: 0 8px; border-radius: 9px; font-size: 12px; line-height: 18px; }
        .chip { background: var(--still-soft); color: var(--still); }
        .chip.good { background: var(--good-soft); color: var(--good); }
        .chip.wait { background: var(--wait-soft); color: var(--wait); }
        .chip.bad { background: var(--bad-soft); color: var(--bad); }
        .alarm { color: var(--bad); font-weight: 600; }
        .note { margin: 0 0 8px; color: var(--quiet); }
        .card .note { margin: 0; padding: 0 12px 9px; color: var(--bad); overflow-wrap: anywhere; }
        #offline { margin: 0; padding: 8px 24px; background: var(--bad-soft); color: var(--bad); }

        button {
          font: inherit; font-weight: 550; color: var(--ink); background: var(--card); cursor: pointer;
          border: 1px solid var(--line); border-radius: 6px; padding: 3px 12px;
        }
        button:hover { background: var(--hover); }
        button:disabled { opacity: .5; cursor: default; }
        button.strong { background: var(--ink); color: var(--card); border-color: var(--ink); }
        :focus-visible { outline: 2px solid var(--umber); outline-offset: 2px; }
        dialog {
          border: 1px solid var(--line); border-radius: 10px; padding: 18px 20px; width: min(400px, 90vw);
          background: var(--card); color: var(--ink); box-shadow: 0 12px 40px rgb(0 0 0 / .25);
        }
        dialog::backdrop { background: rgb(20 16 12 / .35); }
        dialog h2 { margin: 0 0 6px; font-size: 15px; overflow-wrap: anywhere; }
        dialog p { margin: 0; color: var(--quiet); }
        dialog menu { display: flex; justify-content: flex-end; gap: 8px; margin: 18px 0 0; padding: 0; }
        #said {
          position: fixed; right: 20px; bottom: 20px; margin: 0; padding: 8px 14px; max-width: min(480px, 90vw);
          background: var(--ink); color: var(--paper); border-radius: 8px; overflow-wrap: anywhere;
        }
        @media (max-width: 640px) { header, main { padding-left: 14px; padding-right: 14px; } #node { display: none; } }
        """
}
