import { describe, expect, it } from 'vitest'
import { filesBelow, read } from './files.ts'
import { findFaults } from './language.ts'
import { findProse, findTexts } from './texts.ts'

const sources = filesBelow('.').filter((path) => /\.(?:[cm]?js|ts)$/.test(path))
const documents = filesBelow('.').filter((path) => path.endsWith('.md'))

describe('language', () => {
  it.each([...sources, ...documents])('%s follows the rules for language', (path) => {
    const texts = path.endsWith('.md') ? findProse(read(path)) : findTexts(read(path))
    const faults = texts.flatMap((text) =>
      findFaults(text).map((fault) => `${path}:${text.line} ${text.kind}: ${fault}`),
    )
    expect(faults.join('\n')).toBe('')
  })
})
