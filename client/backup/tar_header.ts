/**
 * The headers of a tar archive (POSIX.1-1988, "ustar"), for files whose names are short.
 *
 * @module
 */

/** A file in an archive. */
export interface TarEntry {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

/** Bytes of a header, and of the unit in which the files in an archive are measured. */
export const blockBytes = 512;

/** Where fields stand in a header, and how long they are. */
const fields = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 8],
  prefix: [345, 155],
} as const;

/** From here on a size does not fit into the octal digits that there are. */
const octalEnd = 8 ** 11;

/** Bytes that a file takes up in an archive behind its header. */
export function paddedSize(size: number): number {
  return Math.ceil(size / blockBytes) * blockBytes;
}

/**
 * Makes a header, for a file that only its owner can read and write.
 *
 * @param atMs When the file was made: milliseconds since 1970, UTC.
 */
export function encodeTarHeader({ name, size }: TarEntry, atMs: number): Uint8Array {
  const header = new Uint8Array(blockBytes);
  const put = (field: keyof typeof fields, text: string) => {
    const [at, length] = fields[field];
    const bytes = new TextEncoder().encode(text);
    if (bytes.length > length) throw new RangeError(`'${text}' is too long for ${field}`);
    header.set(bytes, at);
  };
  put("name", name);
  put("mode", octal(0o600, 7));
  put("uid", octal(0, 7));
  put("gid", octal(0, 7));
  if (size < octalEnd) put("size", octal(size, 11));
  else putLarge(header, size);
  put("mtime", octal(Math.floor(atMs / 1_000), 11));
  put("type", "0");
  put("magic", "ustar\x0000");
  put("checksum", `${octal(checksumOf(header), 6)}\0 `);
  return header;
}

/** Reads a header. @returns Undefined if it is none, or is not one of a file. */
export function decodeTarHeader(header: Uint8Array): TarEntry | undefined {
  const get = (field: keyof typeof fields) => {
    const [at, length] = fields[field];
    return new TextDecoder("latin1").decode(header.subarray(at, at + length)).replace(/\0.*$/s, "");
  };
  const isFile = ["0", ""].includes(get("type")) && get("prefix") === "";
  if (!isFile || parseOctal(get("checksum")) !== checksumOf(header)) return undefined;
  const size = isLarge(header) ? largeSize(header) : parseOctal(get("size"));
  return Number.isSafeInteger(size) ? { name: get("name"), size: size! } : undefined;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}

function parseOctal(text: string): number | undefined {
  return /^ *[0-7]+ *$/.test(text) ? parseInt(text, 8) : undefined;
}

/** A size without a bound, as GNU tar writes it: binary, with the first bit set. */
function putLarge(header: Uint8Array, size: number): void {
  const [at, length] = fields.size;
  header[at] = 0x80;
  new DataView(header.buffer).setBigUint64(at + length - 8, BigInt(size));
}

function isLarge(header: Uint8Array): boolean {
  return header[fields.size[0]] === 0x80;
}

function largeSize(header: Uint8Array): number | undefined {
  const [at, length] = fields.size;
  const { buffer, byteOffset } = header;
  const view = new DataView(buffer, byteOffset + at, length);
  return view.getUint32(0) === 0x80000000 ? Number(view.getBigUint64(length - 8)) : undefined;
}

/** The sum of all bytes, those of the checksum itself taken for blanks. */
function checksumOf(header: Uint8Array): number {
  const [at, length] = fields.checksum;
  return header.reduce((sum, byte, i) => sum + (i >= at && i < at + length ? 0x20 : byte), 0);
}
