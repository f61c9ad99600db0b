import { posix } from "node:path";

/** A source file, its path from the repository's root with "/" between folders. */
export interface Source {
    path: string;
    text: string;
}

/** What the files that `files` matches may import: repository paths, and packages or node modules by name. */
interface Rule {
    files: RegExp;
    paths: RegExp[];
    packages: RegExp;
}

const NOTHING = /^$/;
const NODE = "node:[\\w/]+";
const NOUNS = /^gateway\/(?:ports\/)?(?!(?:app|config)\.ts$)[\w-]+\.ts$/;
/** The domain's rooms, the highest first: each sees the nouns, itself and what is below it. */
const ROOMS = ["delivery", "directory", "limits", "system"];
const DOMAIN = new RegExp(`^gateway/(${ROOMS.join("|")})/`);

/** Packages by technology folder of the gateway: "its one library", and Node. */
const TECHNOLOGIES: Record<string, string> = {
    channels: "",
    aedes: "aedes|mqtt-packet",
    http: "fastify|@fastify/[\\w-]+|typebox(/.+)?",
    store: "libsql",
    tls: "@peculiar/x509|reflect-metadata",
    cli: "commander|libphonenumber-js(/.+)?",
};

/** Who may import whom. The first rule that matches a file decides; a file that none matches is a mistake. */
const RULES: Rule[] = [
    { files: /^shared\//, paths: [/^shared\//], packages: NOTHING },
    { files: /^device\/core\//, paths: [/^device\/core\//, /^shared\//], packages: NOTHING },
    {
        files: /^device\/[\w-]+\.ts$/,
        paths: [/^device\/core\//, /^device\/[\w-]+\.ts$/, /^shared\//],
        packages: NOTHING,
    },
    { files: /^device\/board\//, paths: [/^device\/board\//], packages: /^toque$/ }, // types for applications
    // on a board, modules come from its flash: the application is one, and whatever that needs
    { files: /^device\/examples\//, paths: [/^device\//, /^shared\//], packages: /^(toque(\/board)?|[A-Z][\w-]+)$/ },
    board("espruino", /^(net|tls|http|crypto|[A-Z][\w-]+)$/),
    board("nodemcu", NOTHING),
    board("host", new RegExp(`^(${NODE})$`)),
    { files: /^gateway\/app\.ts$/, paths: [/^gateway\//, /^shared\//], packages: new RegExp(`^(${NODE})$`) },
    { files: /^gateway\/config\.ts$/, paths: [NOUNS, DOMAIN], packages: new RegExp(`^(${NODE})$`) },
    { files: NOUNS, paths: [NOUNS, /^shared\/push\//], packages: /^libphonenumber-js(\/.+)?$/ },
    ...ROOMS.map(room),
    {
        files: /^gateway\/store\/worker\.mjs$/, // where the gateway runs from its sources
        paths: [/^gateway\/store\/worker\.ts$/, /^dist\/gateway\/worker\.mjs$/, /^bin\/built\.mjs$/],
        packages: /^(node:url|tsx\/esm\/api)$/,
    },
    ...Object.keys(TECHNOLOGIES).map(technology),
    { files: /^bin\//, paths: [/^bin\//], packages: new RegExp(`^(${NODE})$`) },
    {
        files: /^flash-scripts\//,
        paths: [/^(flash-scripts|bundler|shared|device|boards)\//, /^bin\/built\.mjs$/],
        packages: /./,
    },
    {
        files: /^emulator\//,
        // of the rest it has what is built, and the gateway as a process of its own
        paths: [/^(emulator|device|shared|bundler)\//, /^dist\//, /^bin\//],
        packages: /./,
    },
    // what a person's application is refused for, the emulator refuses, too
    {
        files: /^bundler\/application\//,
        paths: [/^bundler\//, /^emulator\/espruino\/gate\//],
        packages: /./,
    },
    { files: /^bundler\//, paths: [/^bundler\//, /^bin\/built\.mjs$/], packages: /./ },
    { files: /^scripts\//, paths: [/^scripts\//, /^bundler\//, /^bin\//], packages: /./ },
    { files: /^test\//, paths: [/./], packages: /./ },
];

/** A board's folder sees itself and what all boards share, never another board. */
function board(name: string, packages: RegExp): Rule {
    return {
        files: new RegExp(`^device/${name}/`),
        paths: [new RegExp(`^device/${name}/`), /^device\/core\//, /^device\/[\w-]+\.ts$/, /^shared\//],
        packages,
    };
}

/** A room of the domain opens no file and no socket of its own but in system/. */
function room(name: string): Rule {
    const below = ROOMS.slice(ROOMS.indexOf(name));
    return {
        files: new RegExp(`^gateway/${name}/`),
        paths: [NOUNS, new RegExp(`^gateway/(${below.join("|")})/`), /^shared\/(push\/|terminal\.ts$)/],
        packages: name === "system" ? new RegExp(`^(${NODE}|pino)$`) : /^(node:crypto|node:net)$/,
    };
}

/** A technology folder sees the domain and itself; only the command line starts the whole. */
function technology(name: string): Rule {
    const paths = [new RegExp(`^gateway/${name}/`), NOUNS, DOMAIN, /^shared\//];
    if (name === "cli")
        paths.push(
            /^gateway\/(app|config)\.ts$/,
            /^gateway\/(store|tls)\//,
            /^bundler\//,
            /^flash-scripts\/flash\.ts$/,
        );
    return { files: new RegExp(`^gateway/${name}/`), paths, packages: new RegExp(`^(${NODE}|${TECHNOLOGIES[name]})$`) };
}

const IMPORTS = [
    /\b(?:import|export)\b[^;"'`()]*?\bfrom\s*["']([^"']+)["']/g,
    /\bimport\s*["']([^"']+)["']/g,
    /\b(?:import|require)\s*\(\s*["'`]([^"'`]+)["'`]/g,
    /\bnew\s+URL\(\s*["']([^"']+\.m?[jt]s)["']\s*,\s*import\.meta\.url/g,
];

/** Every module a source names: imports, exports from, import(), require() and worker files. */
export function importsOf(text: string): string[] {
    const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
    return IMPORTS.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1] ?? ""));
}

/** Every circle of imports, types included, as "a → b → a": a depth-first search that meets a file which it has not left yet. */
export function circles(sources: Source[]): string[] {
    const texts = new Map(sources.map(({ path, text }) => [path, text]));
    const left = new Set<string>();
    const found: string[] = [];
    const visit = (path: string, above: string[]): void => {
        const at = above.indexOf(path);
        if (at >= 0) found.push([...above.slice(at), path].join(" → "));
        if (at >= 0 || left.has(path)) return;
        for (const name of importsOf(texts.get(path)!)) {
            const target = resolve(path, name);
            if (texts.has(target)) visit(target, [...above, path]);
        }
        left.add(path);
    };
    for (const { path } of sources) visit(path, []);
    return found;
}

/** One sentence for every import that the house's rules forbid. */
export function violations(sources: Source[]): string[] {
    return sources.flatMap(({ path, text }) => {
        const rule = RULES.find((candidate) => candidate.files.test(path));
        if (rule === undefined)
            return [`${path} lies in a folder that has no import rule: add one to test/support/import-rules.ts`];
        return importsOf(text)
            .filter((name) => !isAllowed(rule, path, name))
            .map((name) => `${path} may not import ${name}`);
    });
}

function isAllowed(rule: Rule, from: string, name: string): boolean {
    if (!name.startsWith(".")) return rule.packages.test(name);
    const target = resolve(from, name);
    if (target.startsWith("test/") && !from.startsWith("test/")) return false;
    return rule.paths.some((path) => path.test(target));
}

/** @param name relative, as `from` writes it @returns the path from the repository's root */
function resolve(from: string, name: string): string {
    return posix.normalize(posix.join(posix.dirname(from), name));
}
