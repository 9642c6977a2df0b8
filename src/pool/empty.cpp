// SPDX-License-Identifier: Apache-2.0
// Placeholder until the first source of this folder lands.
