// The same figures as web/format in Go: narrow no-break space between
// thousands, one decimal, never a rounded 0 % or 100 % that is not exact.
const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const thin = "\u202f";

export function count(n) {
  return whole.format(n).replaceAll(",", thin);
}

// 1200 → "1.2 k", for an axis.
export function short(n) {
  return compact.format(n).replace(/([KMB])$/, (unit) => thin + (unit === "K" ? "k" : unit));
}

export function percent(part, all) {
  const share = (100 * part) / all;
  if (part > 0 && share < 0.1) return `<${thin}0.1${thin}%`;
  if (part < all && share > 99.9) return `>${thin}99.9${thin}%`;
  return `${share.toFixed(1)}${thin}%`;
}

// "2026-11-07" → "7 Nov"
export function dayShort(day) {
  const [, month, date] = day.split("-").map(Number);
  return `${date} ${months[month - 1]}`;
}

// "2026-11-07" → "7 Nov 2026"
export function dayLong(day) {
  return `${dayShort(day)} ${day.slice(0, 4)}`;
}
