import type { WriteLine } from './logger.ts'

/** Writes to the console, which is looked up at each call: tests and tools replace its methods. */
export const consoleLog: WriteLine = (level, line) => console[level](line)
