export function writeBuilt(folder: string, files: Map<string, Uint8Array>): void;
export function checkBuilt(folder: string, remedy: string): void;
export function newerThanBuilt(folder: string, sources: string[]): string | undefined;
