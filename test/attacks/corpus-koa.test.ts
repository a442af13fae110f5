import Koa from 'koa'
import { onKoa } from '../support/on-koa.ts'
import { runCorpus } from './run-corpus.ts'

runCorpus(onKoa('Koa 3', () => new Koa()))
