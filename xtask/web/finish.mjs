// Trunk's post-build hook, for what Trunk does not know of: the parts that are fetched later, and compression.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const folder = process.env.TRUNK_STAGING_DIR;
const profile = process.env.TRUNK_PROFILE;
const isRelease = profile === "release";

layParts(join(process.env.CARGO_TARGET_DIR ?? "target", "wasm-bindgen", profile, "parts"));
if (isRelease) compress();

// The parts, cut off by xtask/wasm-bindgen, get names after what is in them. The script that fetches them is told, and
// also what Trunk called the main script.
function layParts(source) {
  const files = readdirSync(source);
  const script = files.find((name) => name.endsWith(".js"));
  let text = readFileSync(join(source, script), "utf8");
  const rename = (name, final) => (text = text.replace(`"./${name}"`, `"./${final}"`));
  rename("allowance-web.js", readdirSync(folder).find((name) => /^allowance-web(-[0-9a-f]+)?\.js$/.test(name)));
  // An empty part is never fetched.
  for (const name of files.filter((name) => text.includes(`"./${name}"`))) {
    const content = isRelease ? optimised(join(source, name)) : readFileSync(join(source, name));
    const hash = createHash("sha256").update(content).digest("hex").slice(0, 16);
    const final = name.replace(/\.wasm$/, `-${hash}.wasm`);
    writeFileSync(join(folder, final), content);
    rename(name, final);
  }
  writeFileSync(join(folder, script), text);
}

// As Trunk does with the main module (frontend/index.html). Their names are still in the parts.
function optimised(path) {
  const { error, status, stdout, stderr } = spawnSync("wasm-opt", ["-Oz", "--strip-debug", "--output", "-", path]);
  if (status !== 0) throw new Error(`wasm-opt ${path}: ${error ?? stderr}`);
  return stdout;
}

// Lays x.br and x.gz beside each x, so that the server never compresses the web app on the fly. A debug build gets none,
// which also tells the two apart.
function compress() {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(wasm|js|css|svg|html)$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const content = readFileSync(path);
    const hint = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
    writeFileSync(`${path}.br`, brotliCompressSync(content, { params: hint }));
    writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
  }
}
