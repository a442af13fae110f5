import { writeFileSync } from 'node:fs'
import { it } from 'vitest'
import { filesBelow, read } from './files.ts'
import { findFaults } from './language.ts'
import { findProse, findTexts } from './texts.ts'
it('lists', () => {
  const out = filesBelow('.')
    .filter((p) => /\.(?:[cm]?js|ts|md)$/.test(p))
    .flatMap((path) =>
      (path.endsWith('.md') ? findProse(read(path)) : findTexts(read(path))).flatMap((text) =>
        findFaults(text).map((f) => `${path}:${text.line} ${text.kind}: ${f}`),
      ),
    )
  writeFileSync(process.env['OUT'] ?? '/tmp/lang.txt', out.join('\n') + '\n')
})
