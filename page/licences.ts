import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const FOLDER = "node_modules";

/** Write licences.txt: name, version and licence text of every package that went into the page. */
export function licences(): Plugin {
  return {
    name: "licences",
    generateBundle(_options, bundle) {
      const packages = new Set<string>();
      for (const chunk of Object.values(bundle)) {
        if (chunk.type === "chunk") {
          for (const module of Object.keys(chunk.modules)) {
            const name = packageOf(module);
            if (name !== null) packages.add(name);
          }
        }
      }
      const source = [...packages]
        .sort()
        .map(licenceOf)
        .join("\n\n" + "-".repeat(80) + "\n\n");
      this.emitFile({ type: "asset", fileName: "licences.txt", source: source + "\n" });
    },
  };
}

function packageOf(module: string): string | null {
  const path = module.replaceAll("\\", "/");
  const found = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path);
  return found?.[1] ?? null;
}

function licenceOf(name: string): string {
  const folder = join(FOLDER, name);
  const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf-8")) as {
    version: string;
    license: string;
  };
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined || !existsSync(join(folder, file))) throw new Error(`${name} has no licence file`);
  const text = readFileSync(join(folder, file), "utf-8").replaceAll("\r\n", "\n").trim();
  return `${name} ${about.version} (${about.license})\n\n${text}`;
}
