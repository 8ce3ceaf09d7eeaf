import LedgerCore
import Testing

@testable import LedgerRedis

@Suite("Key template")
struct KeyTemplateTests {
  @Test func `GitLab's key is the one that its own client makes`() throws {
    let id = try #require(NamespaceID(42))
    #expect(KeyTemplate.gitLab.key(of: id) == "cache:gitlab:namespaces:eligible_trials:42")
    #expect(KeyTemplate("cache:gitlab:namespaces:eligible_trials:{id}") == .gitLab)
  }

  @Test(arguments: ["", "no place", "{id}", "a{id}b{id}", "a:{id}\n", "é{id}", "trials"])
  func `a text that makes no keys is no template`(text: String) {
    #expect(KeyTemplate(text) == nil)
  }

  @Test func `a template is at most 512 bytes long`() {
    #expect(KeyTemplate(String(repeating: "a", count: 508) + "{id}") != nil)
    #expect(KeyTemplate(String(repeating: "a", count: 509) + "{id}") == nil)
  }

  @Test(arguments: [Int64(1), 7, 10, 999, .max])
  func `a key says whose it is`(number: Int64) throws {
    let id = try #require(NamespaceID(number))
    for text in ["k:{id}", "k[*]:{id}:v2", "a{id}1"] {
      let template = try #require(KeyTemplate(text))
      #expect(template.namespaceID(of: Array(template.key(of: id).utf8)) == id)
    }
  }

  @Test(arguments: [
    "k:", "k:0", "k:01", "k:-1", "k:+1", "k: 1", "k:1 ", "k:1:x", "k:9223372036854775808",
    "k:99999999999999999999", "j:1", "k:1a", "K:1",
  ])
  func `any other key is nobody's`(key: String) throws {
    let template = try #require(KeyTemplate("k:{id}"))
    #expect(template.namespaceID(of: Array(key.utf8)) == nil)
  }
}
