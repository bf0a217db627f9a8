package io.libchan.benchmarks;

import java.util.List;
import java.util.Locale;

/** Horizontal bars as SVG, a panel for each figure. */
final class Plot {
  private static final int WIDTH = 820;
  private static final int LABELS = 170;
  private static final int BARS = 500;
  private static final int BAR = 18;
  private static final int TITLE = 40;
  private static final int PANEL_TITLE = 34;

  private Plot() {}

  record Panel(String title, String unit, List<Bar> bars) {}

  /**
   * One bar.
   *
   * @param label the value as people read it
   * @param ours whether it is drawn as what the picture is about
   */
  record Bar(String name, double value, double min, double max, String label, boolean ours) {}

  static String svg(String title, List<Panel> panels) {
    int height = TITLE;
    StringBuilder body = new StringBuilder();
    for (Panel panel : panels) {
      body.append(draw(panel, height));
      height += PANEL_TITLE + BAR * panel.bars().size() + 8;
    }
    return """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" font-family="sans-serif" font-size="12">
    <rect width="100%%" height="100%%" fill="#ffffff"/>
    <text x="10" y="24" font-size="16" font-weight="bold">%s</text>
    %s</svg>
    """
        .formatted(WIDTH, height + 6, WIDTH, escaped(title), body);
  }

  private static String draw(Panel panel, int top) {
    double most = panel.bars().stream().mapToDouble(Bar::max).max().orElse(1);
    StringBuilder svg = new StringBuilder();
    svg.append(
        "<text x=\"10\" y=\"%d\" font-weight=\"bold\">%s <tspan font-weight=\"normal\" fill=\"#666666\">(%s)</tspan></text>\n"
            .formatted(top + 18, escaped(panel.title()), escaped(panel.unit())));
    int y = top + PANEL_TITLE - 8;
    for (Bar bar : panel.bars()) {
      svg.append(draw(bar, y, most));
      y += BAR;
    }
    return svg.toString();
  }

  /** The bar is the median; the line on it goes from the lowest round to the highest. */
  private static String draw(Bar bar, int y, double most) {
    int middle = y + BAR / 2;
    return String.format(
        Locale.ROOT,
        """
        <text x="%d" y="%d" text-anchor="end">%s</text>
        <rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>
        <line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#222222"/>
        <text x="%.1f" y="%d">%s</text>
        """,
        LABELS - 6,
        middle + 4,
        escaped(bar.name()),
        LABELS,
        y + 2,
        length(bar.value(), most),
        BAR - 4,
        bar.ours() ? "#1f77b4" : "#b8b8b8",
        LABELS + length(bar.min(), most),
        middle,
        LABELS + length(bar.max(), most),
        middle,
        LABELS + length(bar.max(), most) + 6,
        middle + 4,
        escaped(bar.label()));
  }

  private static double length(double value, double most) {
    return most <= 0 ? 0 : BARS * Math.max(0, value) / most;
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
