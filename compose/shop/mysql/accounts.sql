-- Run once, when the server prepares its empty data folder, after it has made the shop's own account.
-- What the exporter and Tocsin read beyond the shop's database:
GRANT PROCESS, REPLICATION CLIENT ON *.* TO 'shop'@'%';
GRANT SELECT ON mysql.slow_log TO 'shop'@'%';
GRANT SELECT ON performance_schema.* TO 'shop'@'%';
-- Whoever is root inside the container operates the server without a password, also when all connections are taken
-- (`docker compose exec mysql mysql --user=operator`); nobody can use this account from outside.
INSTALL PLUGIN auth_socket SONAME 'auth_socket.so';
CREATE USER 'operator'@'localhost' IDENTIFIED WITH auth_socket AS 'root';
GRANT ALL ON *.* TO 'operator'@'localhost';
