// What is looked at in a page besides axe; runs after it, through the DevTools protocol, so that no policy minds it.
globalThis.looking = (() => {
  const name = (el) => `${el.localName}.${el.getAttribute("class") || ""} ${el.textContent.trim().slice(0, 30)}`;

  async function axeFinds(only) {
    const found = await axe.run(document, {
      runOnly: only, resultTypes: ["violations", "incomplete"], preload: false, iframes: false,
    });
    const lines = (results) => results.flatMap((rule) => rule.nodes.map((node) => {
      const el = document.querySelector(node.target[0]);
      const why = [...node.any, ...node.all, ...node.none].map((check) => check.data?.messageKey || check.message);
      const isBeside = why.includes("pseudoContent") && !liesOnDrawn(el);
      const isElsewhere = isBeside || Boolean(el?.closest("svg, .scroll"));
      return { rule: rule.id, at: node.target.join(" "), html: node.html.slice(0, 200), isElsewhere, why };
    }));
    return { violations: lines(found.violations), open: lines(found.incomplete) };
  }

  // Whether what a style sheet draws before or after an element (the line of a timeline) reaches under this text. axe
  // asks only how large it is beside the text.
  function liesOnDrawn(text) {
    const mine = text.getBoundingClientRect();
    for (let el = text; el; el = el.parentElement) {
      for (const which of ["::before", "::after"]) {
        const drawn = getComputedStyle(el, which), at = el.getBoundingClientRect();
        if (drawn.content === "none" || drawn.display === "none") continue;
        const [left, top, width, height] = [drawn.left, drawn.top, drawn.width, drawn.height].map(parseFloat);
        if (drawn.position !== "absolute" || [left, top, width, height].some(Number.isNaN)) return true;
        const x = at.left + left, y = at.top + top;
        if (x < mine.right && x + width > mine.left && y < mine.bottom && y + height > mine.top) return true;
      }
    }
    return false;
  }

  function lightness(colour) {
    const [red, green, blue] = colour.match(/[\d.]+/g).slice(0, 3).map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }

  function paint(el) {
    const style = getComputedStyle(el);
    const isBand = style.fill === "none" && parseFloat(style.strokeWidth) > 8; // a line is no ground to write on
    const drawn = isBand ? style.stroke : style.fill;
    const colour = el.closest("svg") && el.localName !== "svg" ? drawn : style.backgroundColor;
    return colour === "none" || colour.endsWith(", 0)") ? "" : colour;
  }

  // Text in a drawing: its colour against what is painted right beneath it, and the contrast WCAG asks for its size.
  function unreadableDrawings() {
    return [...document.querySelectorAll("svg text")].filter((text) => text.checkVisibility()).flatMap((text) => {
      const box = text.getBoundingClientRect(), style = getComputedStyle(text);
      const beneath = document.elementsFromPoint(box.x + box.width / 2, box.y + box.height / 2)
        .find((el) => !el.closest("text") && paint(el));
      if (!beneath) return [];
      const [light, dark] = [style.fill, paint(beneath)].map(lightness).sort((a, b) => b - a);
      const contrast = (light + 0.05) / (dark + 0.05), px = parseFloat(style.fontSize) * text.getScreenCTM().a;
      const isLarge = px >= 24 || (px >= 18.66 && style.fontWeight >= 700);
      const said = `${text.textContent}: ${style.fill} on ${paint(beneath)}, ${contrast.toFixed(2)}`;
      return contrast < (isLarge ? 3 : 4.5) ? [said] : [];
    });
  }

  function isCutOff(el) {
    if (el.localName === "input") return el.matches(".num-in") && el.scrollWidth > el.clientWidth + 1;
    if (!/hidden|clip/.test(getComputedStyle(el).overflow)) return false;
    return el.scrollWidth > el.clientWidth + 1 || el.scrollHeight > el.clientHeight + 2;
  }

  // What sticks out sideways, text cut off by its own box, numbers that their field does not show whole.
  // A table may scroll by itself (WCAG 1.4.10 excepts what needs two dimensions): that is a `.scroll`.
  function trouble() {
    const all = [...document.body.querySelectorAll("*")].filter((el) => !el.closest(".vh, .scroll, svg"));
    const said = all.filter((el) => el.clientWidth > 2 && !el.matches("textarea, select") && isCutOff(el)).map((el) => `cut: ${name(el)}`);
    const width = document.documentElement.scrollWidth;
    if (width <= innerWidth) return said;
    const outside = all.filter((el) => el.getBoundingClientRect().right > innerWidth).slice(0, 3);
    return [...said, `${width} px in a window of ${innerWidth}: ${outside.map(name).join(" | ")}`];
  }

  // What WCAG 1.4.12 lets a reader set. A constructed sheet is none of the policy's business.
  function spaceOut() {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
      p { margin-bottom: 2em !important }`);
    document.adoptedStyleSheets = [sheet];
  }

  // --- by keys --------------------------------------------------------------------------------------------------

  const stops = [];

  function hasRing(el) {
    return [el, el.nextElementSibling, el.closest(".opt, .chip, .search, label")].filter(Boolean).some((one) => {
      const style = getComputedStyle(one);
      return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    });
  }

  function isCovered(el) {
    const box = el.getClientRects()[0], within = (at, size) => Math.min(Math.max(at, 1), size - 1);
    const hit = document.elementFromPoint(
      within(box.x + box.width / 2, innerWidth), within(box.y + box.height / 2, innerHeight));
    const whole = el.closest("label") || el;
    return !(whole.contains(hit) || hit?.contains(whole));
  }

  // Where the focus has come to: what is wrong there, or nothing; null once it has left the page or come round.
  function stop() {
    const el = document.activeElement;
    if (el === document.body || stops.includes(el)) return null;
    stops.push(el);
    const box = el.getBoundingClientRect(), said = [];
    if (!hasRing(el)) said.push("no ring");
    if (box.bottom <= 0 || box.top >= innerHeight) said.push("outside the window");
    else if (isCovered(el)) said.push("behind something");
    return said.map((what) => `${what}: ${name(el)} ${el.name || ""}`);
  }

  // The stops that came before something that stands above them, or beside them on the left. A window as high as the
  // page shows bars that stick to its edge where they stand in it.
  function againstTheEye() {
    const boxes = stops.map((el) => (el.closest("label") || el).getBoundingClientRect());
    return stops.slice(1).flatMap((el, before) => {
      const from = boxes[before], to = boxes[before + 1];
      const isRightOf = to.left >= from.right - 4, isAbove = to.bottom <= from.top + 4;
      const shared = Math.min(from.bottom, to.bottom) - Math.max(from.top, to.top);
      const isLeftOf = to.right <= from.left + 4 && shared > Math.min(from.height, to.height) / 2;
      return (isAbove && !isRightOf) || isLeftOf ? [`${name(stops[before])} → ${name(el)}`] : [];
    });
  }

  return { axeFinds, unreadableDrawings, trouble, spaceOut, stop, againstTheEye };
})();
