import { describe, expect, it } from 'vitest'
import { read } from '../repository/files.ts'

describe('docs/glossary.md', () => {
  const entries = read('docs/glossary.md').split('\n## ').slice(1)

  it('docs/glossary.md has more than 40 terms, in alphabetical order', () => {
    const terms = entries.map((entry) => entry.split('\n')[0]!)
    expect(terms).toEqual([...terms].sort((a, b) => a.localeCompare(b, 'en')))
    expect(terms.length).toBeGreaterThan(40)
  })

  it('docs/glossary.md explains every term in one to three sentences', () => {
    for (const entry of entries) {
      const text = entry
        .slice(entry.indexOf('\n'))
        .replaceAll(/`[^`]*`/g, 'code')
        .trim()
      const sentences = text.split(/(?<=[.:])\s+(?=[A-Z[])/).filter((part) => part !== '')
      expect([entry, sentences.length <= 3 && sentences.length > 0]).toEqual([entry, true])
    }
  })
})
