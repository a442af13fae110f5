import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A running program of another runtime. */
export interface ChildProgram {
  /** The first line that the program has written. */
  readonly firstLine: string
  /** The text that the program has written after its first line, and its errors. */
  readonly output: () => string
  close(): Promise<void>
}

/** Options of a program. */
export interface ProgramOptions {
  /** Path of the runtime. */
  readonly runtime: string
  /** Arguments of the runtime before the path of the program. */
  readonly args: readonly string[]
  /** The program: an ES module. */
  readonly code: string
  /** Text that the program reads from its standard input. */
  readonly input: string
}

/** Starts a program in a separate process. Resolves when it has written a line. */
export async function startProgram({
  runtime,
  args,
  code,
  input,
}: ProgramOptions): Promise<ChildProgram> {
  const directory = await mkdtemp(join(tmpdir(), 'program-'))
  await writeFile(join(directory, 'program.mjs'), code)
  const child = spawn(runtime, [...args, 'program.mjs'], {
    cwd: directory,
    env: { ...process.env, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1', NODE_OPTIONS: '' },
  })
  const written: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => written.push(text))
  child.stdin.end(input)
  async function close() {
    child.kill('SIGKILL')
    await rm(directory, { recursive: true, force: true })
  }
  try {
    const firstLine = await readLine(child, written)
    return { firstLine, output: () => written.join('').slice(firstLine.length + 1), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Waits until a program has written a line. `written` contains the texts that the program has written. */
function readLine(child: ChildProcess, written: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout!.on('data', () => {
      const [line, ...rest] = written.join('').split('\n')
      if (rest.length > 0) resolve(line!)
    })
    child.once('error', reject)
    child.once('exit', (code) =>
      reject(new Error(`The program ended with ${code}:\n${written.join('')}`)),
    )
  })
}
