import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { listen, runBasicSteps } from '@bearward/example-shared'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { filesBelow, readManifest } from '../repository/files.ts'

afterEach(() => vi.restoreAllMocks())

const toPath = (program: string): string =>
  fileURLToPath(new URL(`../../examples/${program}`, import.meta.url))

/** Runs a compiled program of the examples. Resolves with its exit code and the lines that it prints. */
function run(
  program: string,
  ...options: readonly string[]
): Promise<{ exitCode: number | null; lines: readonly string[] }> {
  return new Promise((resolve) => {
    const file = toPath(program)
    const child = execFile(process.execPath, [file, ...options], (_error, stdout, stderr) => {
      resolve({ exitCode: child.exitCode, lines: `${stdout}${stderr}`.trimEnd().split('\n') })
    })
  })
}

/**
 * Starts a compiled program, calls `use` with its output when the servers listen, and stops the program. Resolves with its
 * exit code.
 */
async function serve(
  program: string,
  options: readonly string[],
  use: (output: string) => Promise<void>,
): Promise<number | null> {
  const child = spawn(process.execPath, [toPath(program), ...options])
  const exited = once(child, 'exit') as Promise<[number | null]>
  try {
    let output = ''
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString()
        if (output.includes('Press Ctrl-C')) resolve()
      })
      child.once('exit', () => reject(new Error(`${program} exited: ${output}`)))
    })
    await use(output)
  } finally {
    child.kill('SIGTERM')
  }
  const [exitCode] = await exited
  return exitCode
}

/** Runs shell commands and returns what they print. */
function runCommands(commands: string): Promise<string> {
  return new Promise((resolve) => {
    execFile('sh', ['-c', commands], (_error, stdout, stderr) => resolve(`${stdout}${stderr}`))
  })
}

/** Returns the indented commands of an output. */
const readCommands = (output: string): string => output.match(/^ {2}.*$/gm)!.join('\n')

// The programs run in their own processes, at the same time.
describe.concurrent('an example', { timeout: 60_000 }, () => {
  it.each([
    ['reports/dist/demo.js', '30 of 30 responses as expected.'],
    ['koa/dist/main.js', '7 of 7 responses as expected.'],
    ['fastify/dist/main.js', '7 of 7 responses as expected.'],
    ['hono/dist/main.js', '7 of 7 responses as expected.'],
    ['worker/dist/main.js', '7 of 7 responses as expected.'],
    ['deno/dist/main.js', '7 of 7 responses as expected.'],
    ['mcp/dist/main.js', '10 of 10 results as expected.'],
    ['orders/dist/main.js', '11 of 11 results as expected.'],
  ])(
    '%s exits with 0 and prints the number of expected results, then the next steps',
    async (program, summary) => {
      const { exitCode, lines } = await run(program)
      const end = lines.slice(lines.indexOf(summary))
      expect({ exitCode, end }).toEqual({
        exitCode: 0,
        end: [summary, '', 'Next:', ...end.slice(3)],
      })
      expect(end.length).toBeGreaterThan(3)
    },
  )

  it('koa/dist/main.js prints an unknown argument and exits with 2', async () => {
    const { exitCode, lines } = await run('koa/dist/main.js', '--sevre')
    expect({ exitCode, firstLine: lines[0] }).toEqual({
      exitCode: 2,
      firstLine: 'Unknown argument: --sevre',
    })
  })
})

// One program runs at a time, because all of them try the same ports first. The printed commands need curl.
describe('an example that keeps running', { timeout: 60_000 }, () => {
  const basic = [200, 200, 200, 403, 401]
  it.each([
    ['koa/dist/main.js', ['--serve'], basic],
    ['fastify/dist/main.js', ['--serve'], basic],
    ['hono/dist/main.js', ['--serve'], basic],
    ['worker/dist/main.js', ['--serve'], basic],
    ['deno/dist/main.js', ['--serve'], basic],
    ['reports/dist/demo.js', ['--serve'], [...basic, 200, 200, 200, 200]],
    ['mcp/dist/main.js', ['--serve'], [401, 200, 200, 403, 200, 200, 404]],
    ['orders/dist/main.js', ['--serve'], [201, 200, 403, 401]],
  ])('%s %s prints commands that get the expected statuses', async (program, options, statuses) => {
    const exitCode = await serve(program, options, async (output) => {
      const printed = await runCommands(readCommands(output))
      const received = Array.from(printed.matchAll(/^HTTP\/1\.1 (\d+)/gm), ([, code]) =>
        Number(code),
      )
      expect(received).toEqual(statuses)
    })
    expect(exitCode).toBe(0)
  })

  it('reports/dist/demo.js --serve prints commands that get a token of a user and call /me', async () => {
    await serve('reports/dist/demo.js', ['--serve'], async (output) => {
      const commands = readCommands(output)
      const tokenCommand = /^ {2}USER_TOKEN=[^]*?\)$/m.exec(commands)![0]
      const meCommand = /^ .*\/me$/m.exec(commands)![0]
      expect(await runCommands(`${tokenCommand}\n${meCommand}`)).toContain(
        '"kind":"user","id":"user-ada"',
      )
    })
  })

  it('authorization-server/dist/main.js prints commands that get a JWT of a machine and of a user', async () => {
    const exitCode = await serve('authorization-server/dist/main.js', [], async (output) => {
      const commands = readCommands(output.slice(output.indexOf('Request a machine')))
      const tokens = await new Promise<string>((resolve) => {
        const check = `${commands} >&2\necho $MACHINE_TOKEN; echo $USER_TOKEN`
        execFile('sh', ['-c', check], (_error, stdout) => resolve(stdout))
      })
      const jwt = String.raw`[\w-]+\.[\w-]+\.[\w-]+\n`
      expect(tokens).toMatch(new RegExp(`${jwt}${jwt}$`))
    })
    expect(exitCode).toBe(0)
  })
})

describe('runBasicSteps', () => {
  it('runBasicSteps returns false and prints the differences if the API has no guards', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    const unguarded = () => listen((_request, response) => response.end('{"subjectKind":"none"}'))
    expect(await runBasicSteps(unguarded)).toBe(false)

    const lines = log.mock.calls.map(([line]) => String(line))
    expect(lines).toContain(
      [
        '1. GET /reports   200  No token: refused',
        '   NOT AS EXPECTED: the status should be 401 and is 200',
        '   NOT AS EXPECTED: the error code of the challenge should be null and is absent',
      ].join('\n'),
    )
    expect(lines.at(-1)).toBe('0 of 7 responses as expected. Different: 1, 2, 3, 4, 5, 6, 7.')
  })
})

describe('the manifest of an example', () => {
  it('the script prestart of each example also bundles the packages, because tsc writes only their types', () => {
    const scripts = filesBelow('examples')
      .filter((path) => path.endsWith('/package.json'))
      .flatMap((path) => readManifest(path).scripts?.['prestart'] ?? [])
    expect(scripts.length).toBeGreaterThan(5)
    for (const script of scripts)
      expect(script).toMatch(/ && tsc -b && node \.\.\/\.\.\/bundle\.mjs$/)
  })
})

describe('the README of an example', () => {
  it('every folder of examples has a README.md', () => {
    const files = filesBelow('examples')
    const folders = new Set(files.map((path) => path.split('/')[1]))
    const missing = [...folders].filter((folder) => !files.includes(`examples/${folder}/README.md`))
    expect(missing).toEqual([])
  })
})
