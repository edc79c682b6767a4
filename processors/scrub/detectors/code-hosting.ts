// Tokens of code hosting, package registries and container registries: GitHub, GitLab, npm, PyPI, Docker.
// A row is explained in `detector.ts`.

import { body, code, type Detector, token } from './detector.ts'

export const CODE_HOSTING: readonly Detector[] = [
  token({
    id: 'github_token',
    title: 'GitHub token',
    anchors: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'],
    shape: body('word', 36, { crc: true, dotted: true }),
    rank: 8,
    check: 'CRC32 tail gives confidence; masked either way; the form of 2026 goes on as a JWT',
    guard: 'runs of x',
  }),
  token({
    id: 'github_token',
    title: 'GitHub fine-grained token',
    anchors: ['github_pat_'],
    shape: body('word', 50),
    rank: 8,
  }),
  token({
    id: 'gitlab_token',
    title: 'GitLab token',
    anchors: [
      'glpat-',
      'gldt-',
      'glrt-',
      'glcbt-',
      'glptt-',
      'glft-',
      'glimt-',
      'glagent-',
      'gloas-',
      'glsoat-',
    ],
    shape: code('gitlab'),
  }),
  token({
    id: 'npm_token',
    title: 'npm token',
    anchors: ['npm_'],
    shape: body('alnum', 36, { crc: true }),
    guard: 'npm_config_ variables',
  }),
  token({
    id: 'pypi_token',
    title: 'PyPI token',
    anchors: ['pypi-AgE'],
    shape: body('word_dash', 50),
  }),
  token({
    id: 'docker_token',
    title: 'Docker token',
    anchors: ['dckr_pat_', 'dckr_oat_'],
    shape: body('word_dash', 24),
  }),
  token({
    id: 'postman_key',
    title: 'Postman key',
    anchors: ['PMAK-'],
    shape: body('word_dash', 48),
  }),
]
