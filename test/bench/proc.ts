/** What Linux knows of a process, from outside of it. */
import { readdirSync, readFileSync } from "node:fs";

/** CPU time of a process by thread, in nanoseconds. */
export type Cpu = Map<string, number>;

/** @throws Error where there is no /proc with scheduler statistics */
export function readCpu(pid: number): Cpu {
    const cpu: Cpu = new Map();
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
        try {
            const [onCpuNs] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ");
            cpu.set(thread, Number(onCpuNs));
        } catch {
            // it ended meanwhile
        }
    }
    return cpu;
}

/** CPU time between two readings, in microseconds: all threads, the main one, the busiest of the others. */
export interface Spent {
    allUs: number;
    mainUs: number;
    secondUs: number;
}

export function spent(pid: number, before: Cpu, after: Cpu): Spent {
    const us = (thread: string, afterNs: number) => (afterNs - (before.get(thread) ?? 0)) / 1000;
    const main = String(pid);
    const others = [...after].filter(([thread]) => thread !== main).map(([thread, ns]) => us(thread, ns));
    const mainUs = us(main, after.get(main) ?? 0);
    return { mainUs, secondUs: Math.max(0, ...others), allUs: mainUs + others.reduce((sum, each) => sum + each, 0) };
}

/** Resident memory, in octets. */
export function readRss(pid: number): number {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}

/** Octets that a process has had written to a disk. */
export function readWritten(pid: number): number {
    return Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1]);
}

/** The process that was started, or a child of it at any depth, whose name that is. Undefined: none yet. */
export function findProcess(pid: number, name: string): number | undefined {
    try {
        if (readFileSync(`/proc/${pid}/comm`, "utf8").trim() === name) return pid;
        const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").map(Number);
        return children.map((child) => (child > 0 ? findProcess(child, name) : undefined)).find((found) => found);
    } catch {
        return undefined;
    }
}
