// Numbers and sentences as text. All numbers were computed by NumPy.

const scientific = (value, decimals) => value.toExponential(Math.max(decimals, 0)).replace("e+", "e");

export function format(value, { kind, digits }) {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const size = Math.abs(value);
  if (kind === "fixed") {
    if (value === 0) return (0).toFixed(digits);
    return size < 1e-4 || size >= 1e7 ? scientific(value, digits) : value.toFixed(digits);
  }
  if (value === 0) return "0";
  const rounded = value.toPrecision(digits);
  if (kind === "significant") {
    if (size < 1e-3 || size >= 1e5) return scientific(value, digits - 2);
    if (Math.abs(Number(rounded)) >= 10 ** digits) return value.toFixed(0);
    return size === 1 ? String(value) : rounded;
  }
  if (size < 1e-4 || size >= 1e9) {
    return scientific(value, kind === "prose" ? 2 : digits - 1).replace(/\.?0+e/, "e");
  }
  const text = String(Number(rounded));
  if (kind !== "prose") return text;
  const [whole, decimals] = text.split(".");
  const grouped =
    whole.replace("-", "").length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") : whole;
  return decimals ? `${grouped}.${decimals}` : grouped;
}

function power(significand, exponent, style) {
  if (!Number.isFinite(significand)) return format(significand, style);
  if (exponent >= -3 && exponent < 7) {
    return format(Number(`${significand}e${exponent}`), style);
  }
  if (Math.abs(exponent) >= 1e6) return `10^${format(exponent, style)}`;
  return `${significand.toFixed(2)}e${exponent}`;
}

// A column of one slider and one position is the same everywhere.
function at(column, [s, k], item = 0) {
  const row = column.rows === 1 ? 0 : s * column.positions + k;
  return column.data[item * column.rows + row];
}

// The bits of a number whose bytes are the items of a column, most significant first.
function bits(column, row, exponent) {
  const bytes = Array.from({ length: column.items }, (_, i) => at(column, row, i));
  const all = bytes.map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return `${all[0]} ${all.slice(1, 1 + exponent)} ${all.slice(1 + exponent)}`;
}

function fill(sentence, columns, row) {
  const template = sentence.templates[at(columns[sentence.column], row)];
  return template.replace(/\{(\w+)\}/g, (whole, name) => {
    const place = sentence.places[name];
    if (!place) return whole;
    const value = at(columns[place.column], row, place.item);
    if (place.names.length) return place.names[value] ?? "";
    if (place.exponent) return power(value, at(columns[place.exponent], row), place.style);
    return format(value, place.style);
  });
}
